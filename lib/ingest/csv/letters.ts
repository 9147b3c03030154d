/**
 * How often people write which letter, for telling character sets apart: of the letters outside ASCII of each language, parts in a hundred. Rough
 * figures are enough, for a wrong set gives letters that its languages hardly have, or none at all.
 */

/** `weight`: how much of the files of the world is in it, as a natural logarithm. */
export type Language = { weight: number; letters: Readonly<Record<string, number>> };

function language(weight: number, parts: string): Language {
  const letters: Record<string, number> = {};
  for (const part of parts.split(' ')) letters[part.slice(0, 1)] = Number(part.slice(1)) / 100;
  return { weight, letters };
}

/** Letters that are all as likely. */
function alike(weight: number, letters: string): Language {
  return { weight, letters: Object.fromEntries([...letters].map((letter) => [letter, 1 / letters.length])) };
}

export const WESTERN: readonly Language[] = [
  language(0, 'é50 è10 à13 ê6 ç5 ù2 û1 ô3 î2 â2 œ0.7 ï0.6 ë0.5'),
  language(0, 'ü34 ä28 ö18 ß14 é2 à0.3 è0.3'),
  language(0, 'ó26 í22 á17 é14 ñ13 ú5 ü0.7'),
  language(0, 'ã20 ç15 á13 é13 ó9 í9 ê6 õ5 ú4 â3 à3 ô2'),
  language(-0.3, 'à30 è27 ù12 ò14 é10 ì6'),
  language(-0.5, 'ë36 é27 ï16 ö9 ü6 è4 ê1 ç1'),
  language(-0.5, 'ä34 å28 ö28 é5'),
  language(-0.5, 'ø36 å32 æ22 é5 ö2 ä1'),
  language(-1, 'ä74 ö18 å6 é1'),
  language(-2, 'à26 é18 è17 ó15 ç8 í8 ï3 ú3 ò2'),
  language(-4, 'á14 ð20 é6 í14 ó9 ú6 ý4 þ7 æ7 ö13'),
  // Names of people and places of many countries in one table.
  alike(-3, 'àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœß'),
];

const TURKISH = language(-0.7, 'ı30 ü12 ş12 ö6 ç7 ğ8 i6 â0.3');

export const CENTRAL: readonly Language[] = [
  language(-0.7, 'ł20 ą14 ę15 ó14 ś10 ż12 ć6 ń4 ź1'),
  language(-1, 'í17 á17 é9 ě10 ř9 č8 š7 ž7 ý7 ů5 ú1 ň0.7 ť0.4 ď0.3 ó0.3'),
  language(-2, 'á19 í12 é9 č10 š9 ž10 ý9 ú8 ľ4 ť5 ô2 ň2 ä1 ď2 ó1 ĺ0.2 ŕ0.2'),
  language(-1.2, 'á28 é28 ö10 ó10 ő8 í6 ü5 ú3 ű2'),
  language(-2, 'š25 č27 ž20 ć18 đ9'),
  language(-1.5, 'ă34 î16 ş16 ţ18 â14 ș1 ț1'),
  language(-1, 'ü34 ä28 ö18 ß14 é2'),
];

export const BALTIC: readonly Language[] = [
  language(-2, 'ė22 š20 ų18 ž13 į9 ū8 ą5 č6 ę3'),
  language(-2, 'ā34 ī17 ē16 š9 ū5 ņ5 ļ4 ž4 ķ2 č1 ģ2'),
  language(-3, 'ä34 õ31 ü24 ö7 š2 ž1'),
];

export const TURKIC: readonly Language[] = [TURKISH, ...WESTERN.filter(({ weight }) => weight > -3)];

export const CYRILLIC: readonly Language[] = [
  language(
    -0.3,
    'о11 е8.5 а8 и7.4 н6.7 т6.3 с5.5 р4.7 в4.5 л4.4 к3.5 м3.2 д3 п2.8 у2.6 я2 ы1.9 ь1.7 г1.7 з1.6 б1.6 ч1.4 й1.2 х1 ж0.9 ш0.7 ю0.6 ц0.5 щ0.4 э0.3 ф0.5 ъ0.04 ё0.1',
  ),
  language(
    -1,
    'о9.4 а8 н7 и6.1 і5.7 в5.4 т5.3 е5 р4.7 с4 к4 л3.8 у3.4 д3.2 м3 п2.8 я2.4 з2.3 ь2 б1.8 г1.6 ч1.4 й1.3 х1.1 ц0.9 ж0.9 ш0.8 ю0.8 ї0.8 є0.6 щ0.4 ф0.4 ґ0.1',
  ),
  language(
    -2,
    'а11 и9 о8.7 е8.5 т7.8 н7.3 р5.4 с5 в4.4 л3.8 к3.6 д3.5 п3 м2.5 я2 з2 ъ1.5 б1.5 г1.5 у1.4 ч1.4 ц0.8 щ0.7 х0.7 ж0.7 й0.7 ш0.4 ф0.5 ю0.15 ь0.03',
  ),
  language(
    -3,
    'а11.5 и9.5 о9 е9 н5.6 р5.3 с4.8 т4.5 в3.7 к3.7 л3.4 ј3.1 у4.2 д3.7 м3.7 п2.8 г1.7 з1.7 б1.5 ч1 ш1 х0.6 ц0.8 ж0.6 ћ0.6 љ0.4 њ0.7 ф0.3 ђ0.2 џ0.05',
  ),
];

export const GREEK: readonly Language[] = [
  language(
    -1.2,
    'α9.5 ο8.5 ι6.5 τ7.8 ε7.5 σ5 ν6.5 η4.5 υ3.6 ρ4.3 π4 κ4 ς4.2 μ3.4 λ3.2 ό2 ί2.5 ά2.2 ω1.7 έ1.7 θ1.1 γ1.8 ή1.8 δ1.7 ώ0.9 χ1.1 ύ1 φ0.8 β0.8 ξ0.5 ζ0.4 ψ0.2',
  ),
];

export const HEBREW: readonly Language[] = [alike(-1.2, 'אבגדהוזחטיךכלםמןנסעףפץצקרשת')];

export const ARABIC: readonly Language[] = [
  language(
    -1.2,
    'ا16 ل12 ي8 م6.5 و6 ن6 ر5 ت5 ب4 ة3.5 ع3.7 د3.5 س3 ف2.7 ه3 ك2.5 ق2.4 ح2 أ2 ج1.5 ش1.2 ى1 ط1 ص1 خ1 إ1 ز0.8 ض0.8 ث0.7 ذ0.7 ئ0.6 ء0.4 غ0.5 آ0.3 ظ0.3 ؤ0.2',
  ),
];

export const THAI: readonly Language[] = [alike(-1, 'กขคงจฉชซญฎฐณดตถทธนบปผฝพฟภมยรลวศษสหอฮะัาำิีึืุูเแโใไ่้็์')];

/** The commonest characters of the East Asian languages, and those of surnames, places and headings of tables. */
export const COMMON = {
  japanese:
    '日本国人年大十二中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨' +
    '田村藤佐鈴橋渡辺伊林加斎井松池石野原島吉岡谷森内清和福青柳坂木安崎宮沢酒近遠横竹武杉平浜丸杉中武小久保市区町県府都京阪神戸札幌仙台広名古屋横浜千葉埼玉奈良沖縄' +
    '氏住所齢番号件品価格数量合計税単付注文顧客会社部課長役職担当者備考種類状態未済完了登録更新作成削除商店員性別郵便携帯連絡先電話項目内容理由結果請求支払額銀行口座' +
    '表参道代能登朝新明花太郎美子一正義博志健二幸恵由香真裕和弘樹雄英隆秀康昭浩洋直紀哲也翔大輝優陽菜結愛さくら梨沙的可能性全方面実用動物体力法定問題事業務情報場自手目心開海公園道立通駅',
  simplified:
    '的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实' +
    '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文' +
    '姓名地址电话日期金额备注编号数量单价合计公司部门客户订单产品名称类型状态年龄性别邮箱城市省份区县街路号楼室北京上海广州深圳天津重庆南杭州武汉成都西安苏州朝阳浦东新建外世纪道门内河湖山海淀省市男女明小华伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超三四五六七八九十二月元收入支出说明内容时间已未完成付款',
  traditional:
    '的一是不我有大在人了中到資要以可這個你會好為上來學就交也用能如時文說沒他看那問生提下過請們天所多麼小想得之還電出工對都機自後子而訊站去心只家知國台很信成章何同道地發法無然但當嗎於本現年前真最和新因果定意情點題其事方清科' +
    '王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉余潘杜戴夏鍾汪田任姜范石姚譚廖鄒熊金陸郝孔白崔康毛邱秦江史顧侯邵孟龍萬段雷錢湯尹黎易常武喬賀賴龔' +
    '姓名地址電話日期金額備註編號數量單價合計公司部門客戶訂單產品名稱類型狀態年齡性別城市區縣街路號樓室北高雄新竹桃園香港九龍男女明華美玲志淑芬雅婷家豪俊三四五六七八九十二月元收入支出說明內容時間已未完成付款',
  korean:
    '이다에는을가의고하기로지한사스대어시아자리나인도서정수라해부일트주제전상보그여만장동연비국선안구소우조마과원유오관신공교김최박강윤임권황송류홍문양손배백허남심노곽성차곡민진엄채천방현함변염추석설길위표명왕금옥육맹모' +
    '름주소전화번호날짜금액비고수량단가합계회사부서고객주문상품명종류상태나이별메일시도군구읍면동리길서울산대구광천경북충청전라제강원세종완료등록결취미납품개월년은운영희철준현민지훈재석호태영숙순미경은혜진아름성민우혁빈',
};
